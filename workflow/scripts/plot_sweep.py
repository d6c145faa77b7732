"""Draw each score over the sweep."""

import pandas as pd
from restmeg import figures, files

with files.reporting(snakemake.log[0]):
    summary = pd.read_csv(snakemake.input.scores)
    first = summary[summary["measure"] == summary["measure"].iloc[0]]
    figure = figures.sweep(first, snakemake.params.axes)
    figures.save(figure, snakemake.output.sweep, snakemake.output.sweep_svg)
