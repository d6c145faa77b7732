"""Estimate power spectra, replicate by replicate."""

from restmeg import job, power

with job.reporting(snakemake.log[0]):
    power.estimate_file(
        snakemake.input.activity,
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.params.recorded,
        snakemake.output.spectra,
        snakemake.params.alike,
        snakemake.params.bands,
    )
