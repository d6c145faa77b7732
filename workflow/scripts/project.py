"""Project regional activity to the sensors."""

from restmeg import job, leadfield

with job.reporting(snakemake.log[0]):
    leadfield.project(
        snakemake.input.activity,
        snakemake.input.leadfield,
        snakemake.params.scale,
        snakemake.output.sensors,
    )
