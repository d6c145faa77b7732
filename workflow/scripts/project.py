"""Project regional activity to the sensors."""

from restmeg import job, projection

with job.reporting(snakemake.log[0]):
    projection.project_file(
        snakemake.input.activity,
        snakemake.input.leadfield,
        snakemake.params.scale,
        snakemake.output.sensors,
    )
