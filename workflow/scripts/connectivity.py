"""Estimate functional connectivity, replicate by replicate."""

from restmeg import connectivity, connectome, files

with files.reporting(snakemake.log[0]):
    connectivity.connect(
        snakemake.input.activity,
        connectome.read(snakemake.input.connectome).labels,
        snakemake.params.measures,
        snakemake.output.connectivity,
    )
