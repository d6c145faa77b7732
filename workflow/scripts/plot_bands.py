"""Draw functional connectivity of all measures and bands."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_bands(
        snakemake.input.simulated,
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.input.scores,
        snakemake.params.point,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
