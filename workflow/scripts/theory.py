"""Say what linear theory expects of one model, and how likely the target is under it."""

from restmeg import job
from restmeg.theory import prediction

with job.reporting(snakemake.log[0]):
    prediction.predict_file(
        snakemake.input.connectome,
        snakemake.params.model,
        snakemake.params.target_model,
        snakemake.params.times,
        snakemake.input.fourier,
        snakemake.wildcards.point,
        snakemake.output.theory,
    )
