"""Draw how strong the field is over the head."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_topography(
        list(snakemake.input.sensors),
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
