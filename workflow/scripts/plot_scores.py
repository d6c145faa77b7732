"""Draw functional connectivity, its relation to structure, and the scores."""

import pandas as pd
from restmeg import connectome, figures, files, scores

with files.reporting(snakemake.log[0]):
    out = snakemake.output
    anatomy = connectome.read(snakemake.input.connectome)
    measures, _, simulated = scores.read_fc(snakemake.input.simulated)
    _, _, target = scores.read_fc(snakemake.input.target)
    tables = [pd.read_csv(snakemake.input[name]) for name in ("scores", "replicates")]
    summary, single = (
        table[(table["point"] == snakemake.params.point) & (table["measure"] == measures[0])]
        for table in tables
    )

    figure = figures.connectivity(
        simulated[0].mean(axis=0), target[0].mean(axis=0), anatomy.labels, measures[0]
    )
    figures.save(figure, out.connectivity, out.connectivity_svg)
    figure = figures.structure_function(
        scores.undirected(anatomy.weights), scores.edges(simulated[0]), summary
    )
    figures.save(figure, out.structure_function, out.structure_function_svg)
    figures.save(figures.scores(single, summary), out.scores, out.scores_svg)
