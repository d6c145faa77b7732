"""Estimate functional connectivity that leakage alone makes, of uncoupled regions."""

from restmeg import estimands, job, leakage

with job.reporting(snakemake.log[0]):
    leakage.null_file(
        snakemake.input.activity,
        snakemake.input.inverse,
        estimands.Asked(**snakemake.params.asked),
        snakemake.params.seed,
        snakemake.wildcards.point,
        snakemake.output.leakage,
        snakemake.params.alike,
    )
