"""Draw how likely fitted parameters are, and what the fitted model looks like."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_fit(
        dict(snakemake.input.items()),
        snakemake.params.labels,
        snakemake.params.truth,
        snakemake.params.bounds,
        snakemake.params.held_out,
        dict(snakemake.output.items()),
    )
