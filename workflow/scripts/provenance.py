"""Write down what the results were computed from and with, and their checksums."""

from restmeg import job, provenance

with job.reporting(snakemake.log[0]):
    provenance.write(
        snakemake.output.provenance,
        snakemake.params.config,
        vars(snakemake.params.given),
        snakemake.input,
        snakemake.params.workflow.path,
    )
