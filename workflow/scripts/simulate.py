"""Simulate a batch of replicates of one role at one point of the sweep."""

from restmeg import fitted, job, simulation

with job.reporting(snakemake.log[0]):
    simulation.simulate_batch(
        snakemake.input.connectome,
        fitted.model_of(snakemake.params.model, snakemake.input.fit or None),
        snakemake.params.simulation,
        snakemake.params.seed,
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.params.replicates,
        snakemake.output.activity,
    )
