"""Score one point against anatomy and target."""

from restmeg import job, scoring

with job.reporting(snakemake.log[0]):
    scoring.score_point(
        snakemake.input.simulated,
        snakemake.input.target,
        snakemake.input.connectome,
        snakemake.wildcards.point,
        [snakemake.output.scores, snakemake.output.replicates, snakemake.output.notes],
        snakemake.input.theory,
        [snakemake.input.simulated_spectra, snakemake.input.target_spectra],
        snakemake.params.frequencies,
        snakemake.input.leaked,
        snakemake.params.only,
        snakemake.input.fit or None,
    )
