"""Estimate functional connectivity, replicate by replicate."""

from restmeg import connectivity, job

with job.reporting(snakemake.log[0]):
    connectivity.connect(
        snakemake.input.activity,
        snakemake.params.labels,
        snakemake.params.measures,
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.output.connectivity,
    )
