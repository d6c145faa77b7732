"""Draw how well parameters would be known of a planned recording."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_planning(
        snakemake.input.planning, snakemake.params.labels, dict(snakemake.output.items())
    )
