"""Say which parameters a round of a fit by simulation evaluates."""

from restmeg import fit_by_simulation, job

with job.reporting(snakemake.log[0]):
    fit_by_simulation.propose_file(
        int(snakemake.wildcards.round),
        snakemake.params.points,
        snakemake.params.model,
        snakemake.params.bounds,
        snakemake.input.evaluations,
        snakemake.output.points,
    )
