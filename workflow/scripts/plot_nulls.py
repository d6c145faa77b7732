"""Draw the scores of null networks beside the study's."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_nulls(
        snakemake.input.nulls,
        snakemake.input.networks,
        snakemake.input.scores,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
