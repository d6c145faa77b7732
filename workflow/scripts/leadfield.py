"""Make a synthetic lead field, or check that the user's fits the connectome."""

from restmeg import connectome, files, leadfield

with files.reporting(snakemake.log[0]):
    params = dict(snakemake.params.items())
    labels = connectome.read(snakemake.input.connectome).labels
    if snakemake.input.source:
        field, seed = leadfield.read(snakemake.input.source, labels), None
    else:
        field, seed = leadfield.synthetic(labels, params["sensors"], params["seed"]), params["seed"]
    leadfield.write(snakemake.output.leadfield, field, params, seed)
