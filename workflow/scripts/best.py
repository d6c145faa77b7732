"""Say which values of the sweep explain the target best."""

from restmeg import best, job

with job.reporting(snakemake.log[0]):
    best.write(
        snakemake.input.scores,
        snakemake.input.differences,
        snakemake.input.connectome,
        snakemake.input.fourier,
        snakemake.params.model,
        snakemake.params.times,
        snakemake.params.axes,
        snakemake.output.best,
    )
