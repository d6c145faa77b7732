"""Fit the target on some null networks."""

from restmeg import job, refit

with job.reporting(snakemake.log[0]):
    refit.refit_batch(
        snakemake.input.connectome,
        snakemake.input.fourier,
        snakemake.input.recording or None,
        snakemake.wildcards.null,
        snakemake.params.method,
        snakemake.params.numbers,
        snakemake.params.seed,
        snakemake.params.model,
        snakemake.params.times,
        snakemake.params.bounds,
        snakemake.params.replicates,
        snakemake.input.inverse or None,
        snakemake.output.fit,
    )
