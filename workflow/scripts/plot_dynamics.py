"""Draw functional connectivity dynamics."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_dynamics(
        snakemake.input.simulated,
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.params.point,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
