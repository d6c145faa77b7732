"""Take the tapered Fourier coefficients of a target's activity."""

from restmeg import fourier, job

with job.reporting(snakemake.log[0]):
    fourier.estimate_file(
        snakemake.input.activity,
        snakemake.params.recorded,
        snakemake.params.frequencies,
        snakemake.wildcards.point,
        snakemake.output.fourier,
    )
