"""Draw the connectome, and a stretch of activity at regions and sensors."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_activity(
        snakemake.input.connectome,
        snakemake.input.activity,
        snakemake.input.sensors,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
