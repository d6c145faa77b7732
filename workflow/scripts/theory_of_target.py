"""Say what linear theory knows of a simulated target's network."""

from restmeg import estimands, job
from restmeg.theory import prediction

with job.reporting(snakemake.log[0]):
    prediction.target_file(
        snakemake.input.connectome,
        snakemake.params.model,
        snakemake.params.times,
        prediction.Compared(
            snakemake.params.length,
            estimands.Asked(**snakemake.params.asked),
            *snakemake.params.rates,
        ),
        snakemake.wildcards.point,
        snakemake.output.theory,
    )
