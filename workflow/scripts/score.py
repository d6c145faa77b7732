"""Bring the scores of all points together, each with its swept parameters, and compare points."""

from restmeg import differences, job, score_grid, tables
from restmeg.scores import KEY

with job.reporting(snakemake.log[0]):
    for name in ("scores", "replicates", "notes"):
        tables.gather(snakemake.input.points, snakemake.input[name], snakemake.output[name])
    differences.write(
        snakemake.output.scores, snakemake.output.replicates, snakemake.output.differences
    )
    differences.place_likelihoods(snakemake.output.scores, snakemake.output.differences)
    for path in snakemake.input.nulls:
        by, columns = ["point", *KEY], ["null_z", "null_p", "null_n"]
        tables.fill(snakemake.output.scores, path, by, columns)  # of the first null
    score_grid.write(snakemake.input.points, snakemake.output.scores, snakemake.output.grid)
