"""Draw scores over the sweep."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_sweep(
        snakemake.input.scores,
        snakemake.input.best,
        snakemake.input.differences,
        snakemake.params.axes,
        snakemake.params.truth,
        dict(snakemake.output.items()),
    )
