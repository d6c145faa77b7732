"""Bring the scores of all points together, each with its swept parameters."""

from restmeg import job, tables

with job.reporting(snakemake.log[0]):
    for name, path in snakemake.output.items():
        tables.gather(snakemake.input.points, snakemake.input[name], path)
