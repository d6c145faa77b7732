"""Draw each score over the sweep."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_sweep(
        snakemake.input.scores, snakemake.params.axes, dict(snakemake.output.items())
    )
