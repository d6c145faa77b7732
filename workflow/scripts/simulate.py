"""Simulate a batch of replicates of one role at one point of the sweep."""

from restmeg import files, simulation

with files.reporting(snakemake.log[0]):
    simulation.simulate_batch(
        snakemake.input.connectome,
        snakemake.params.model,
        snakemake.params.simulation,
        snakemake.params.seed,
        snakemake.wildcards.role,
        snakemake.params.replicates,
        snakemake.output.activity,
    )
