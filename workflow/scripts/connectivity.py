"""Estimate functional connectivity, replicate by replicate."""

from restmeg import estimation, job, measures

with job.reporting(snakemake.log[0]):
    estimation.estimate_file(
        snakemake.input.activity,
        measures.Asked(**snakemake.params.asked),
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.output.connectivity,
        snakemake.params.alike,
    )
