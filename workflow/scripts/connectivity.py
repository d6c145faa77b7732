"""Estimate functional connectivity, replicate by replicate."""

from restmeg import estimands, estimation, job

with job.reporting(snakemake.log[0]):
    estimation.estimate_file(
        snakemake.input.activity,
        estimands.Asked(**snakemake.params.asked),
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.output.connectivity,
        snakemake.params.alike,
    )
