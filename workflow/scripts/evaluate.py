"""Simulate some proposed parameters, and say how far they are from the target."""

from restmeg import estimands, evaluation, job

with job.reporting(snakemake.log[0]):
    evaluation.evaluate_file(
        snakemake.input.connectome,
        snakemake.input.points,
        (int(snakemake.wildcards.round), int(snakemake.wildcards.number)),
        snakemake.input.target,
        snakemake.input.target_spectra,
        snakemake.params.model,
        snakemake.params.simulation,
        snakemake.params.seed,
        snakemake.params.replicates,
        snakemake.params.fitted_to,
        estimands.Asked(**snakemake.params.asked),
        snakemake.params.frequencies,
        snakemake.output.evaluation,
        snakemake.params.alike,
        snakemake.input.inverse or None,
    )
