"""Bring the connectome, bundled or the user's, into the workflow's own layout."""

from restmeg import connectome, files

with files.reporting(snakemake.log[0]):
    anatomy = connectome.read(snakemake.input.source, snakemake.params.orientation)
    connectome.write(snakemake.output.connectome, anatomy, dict(snakemake.params.items()))
