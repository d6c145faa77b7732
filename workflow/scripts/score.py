"""Bring the scores of all points together, each with its swept parameters, and compare points."""

from restmeg import differences, job, tables

with job.reporting(snakemake.log[0]):
    for name in ("scores", "replicates", "notes"):
        tables.gather(snakemake.input.points, snakemake.input[name], snakemake.output[name])
    differences.write(
        snakemake.output.scores, snakemake.output.replicates, snakemake.output.differences
    )
    differences.place_likelihoods(snakemake.output.scores, snakemake.output.differences)
