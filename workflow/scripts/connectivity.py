"""Estimate functional connectivity, replicate by replicate."""

from restmeg import estimation, job

with job.reporting(snakemake.log[0]):
    estimation.estimate_file(
        snakemake.input.activity,
        snakemake.params.measures,
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.output.connectivity,
        snakemake.params.alike,
    )
