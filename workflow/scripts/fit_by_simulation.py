"""Find the parameters whose simulations are least far from the target."""

from restmeg import fit_by_simulation, job

with job.reporting(snakemake.log[0]):
    fit_by_simulation.fit_file(
        snakemake.input.connectome,
        snakemake.input.evaluations,
        snakemake.params.model,
        snakemake.params.bounds,
        snakemake.params.units,
        snakemake.output.fit,
        snakemake.output.table,
    )
