"""Draw functional connectivity, its relation to structure and theory, scores and spectra."""

from restmeg import job
from restmeg.figures import from_results

with job.reporting(snakemake.log[0]):
    from_results.draw_comparison(
        snakemake.input.connectome,
        snakemake.input.simulated,
        snakemake.input.target,
        snakemake.input.theory,
        [snakemake.input.scores, snakemake.input.replicates, snakemake.input.notes],
        snakemake.input.networks,
        snakemake.params.point,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
    from_results.draw_spectra(
        snakemake.input.connectome,
        snakemake.input.simulated_spectra,
        snakemake.input.target_spectra,
        snakemake.input.theory,
        snakemake.params.bands,
        snakemake.params.point,
        snakemake.params.shown,
        dict(snakemake.output.items()),
    )
