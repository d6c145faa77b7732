"""Look for the parameters that explain the target best."""

from restmeg import fit, job

with job.reporting(snakemake.log[0]):
    fit.fit_file(
        snakemake.input.connectome,
        snakemake.input.fourier,
        snakemake.input.recording or None,
        snakemake.params.model,
        snakemake.params.times,
        snakemake.params.bounds,
        snakemake.params.replicates,
        snakemake.params.units,
        snakemake.input.inverse or None,
        snakemake.output.fit,
        snakemake.output.table,
        snakemake.threads,
    )
