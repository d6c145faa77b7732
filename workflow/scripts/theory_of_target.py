"""Say what linear theory knows of a simulated target's network."""

from restmeg import job
from restmeg.theory import prediction

with job.reporting(snakemake.log[0]):
    prediction.target_file(
        snakemake.input.connectome,
        snakemake.params.model,
        snakemake.params.times,
        snakemake.wildcards.point,
        snakemake.output.theory,
    )
