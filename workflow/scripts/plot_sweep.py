"""Draw each score over the sweep."""

from restmeg import job, plots

with job.reporting(snakemake.log[0]):
    plots.sweep(snakemake.input.scores, snakemake.params.axes, dict(snakemake.output.items()))
