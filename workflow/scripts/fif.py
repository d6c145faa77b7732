"""Write the field at the sensors as a FIF file of epochs."""

from restmeg import epochs, job

with job.reporting(snakemake.log[0]):
    epochs.write(snakemake.input.sensors, snakemake.output.fif)
