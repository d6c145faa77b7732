"""See simulated activity through sensors and the inverse operator."""

from restmeg import job, reconstruction

with job.reporting(snakemake.log[0]):
    reconstruction.reconstruct_file(
        snakemake.input.activity,
        snakemake.input.inverse,
        snakemake.params.seed,
        snakemake.wildcards.role,
        snakemake.wildcards.point,
        snakemake.output.reconstructed,
    )
