"""Write down what each point's short name stands for, and where its files are."""

from restmeg import job, tables

with job.reporting(snakemake.log[0]):
    tables.write(snakemake.output.points, snakemake.params.rows)
