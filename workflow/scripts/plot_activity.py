"""Draw the connectome, and a stretch of activity at regions and sensors."""

from restmeg import job, plots

with job.reporting(snakemake.log[0]):
    plots.activity(
        snakemake.input.connectome,
        snakemake.input.activity,
        snakemake.input.sensors,
        dict(snakemake.output.items()),
    )
