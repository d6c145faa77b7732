"""Write down what the results were computed from and with, and their checksums."""

from restmeg import job, provenance

with job.reporting(snakemake.log[0]):
    provenance.write(
        snakemake.output.provenance,
        snakemake.params.config,
        snakemake.params.given.files,
        snakemake.input,
        snakemake.params.workflow.path,
    )
