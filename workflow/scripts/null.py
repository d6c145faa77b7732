"""Simulate a point on some null networks, and estimate their connectivity."""

from restmeg import estimands, job, null_networks

with job.reporting(snakemake.log[0]):
    null_networks.simulate_batch(
        snakemake.input.connectome,
        snakemake.wildcards.null,
        snakemake.params.method,
        snakemake.params.numbers,
        snakemake.params.model,
        snakemake.params.simulation,
        snakemake.params.seed,
        snakemake.wildcards.point,
        snakemake.params.replicates,
        estimands.Asked(**snakemake.params.asked),
        snakemake.output.connectivity,
        snakemake.params.alike,
        snakemake.input.inverse or None,
        snakemake.input.refit or None,
    )
