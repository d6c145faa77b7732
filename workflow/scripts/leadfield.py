"""Make a synthetic lead field, or check that the user's fits the connectome."""

from restmeg import connectome, files, leadfield

with files.reporting(snakemake.log[0]):
    made = snakemake.params.made
    labels = connectome.read(snakemake.input.connectome).labels
    if snakemake.input.source:
        field = leadfield.read(snakemake.input.source, labels)
    else:
        field = leadfield.synthetic(labels, made["sensors"], made["seed"])
    leadfield.write(snakemake.output.leadfield, field, made, made.get("seed"))
