"""Draw functional connectivity, its relation to structure, and the scores."""

from restmeg import job, plots

with job.reporting(snakemake.log[0]):
    plots.comparison(
        snakemake.input.connectome,
        snakemake.input.simulated,
        snakemake.input.target,
        [snakemake.input.scores, snakemake.input.replicates, snakemake.input.notes],
        snakemake.params.point,
        dict(snakemake.output.items()),
    )
