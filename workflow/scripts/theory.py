"""Say what linear theory expects of a point, and how likely the target is under it."""

from restmeg import estimands, fitted, job
from restmeg.theory import prediction

with job.reporting(snakemake.log[0]):
    prediction.predict_file(
        snakemake.input.connectome,
        fitted.model_of(snakemake.params.model, snakemake.input.fit or None),
        snakemake.params.target_model,
        snakemake.input.target or None,
        snakemake.params.times,
        prediction.Compared(
            snakemake.params.length,
            estimands.Asked(**snakemake.params.asked),
            *snakemake.params.rates,
        ),
        snakemake.input.fourier,
        snakemake.wildcards.point,
        snakemake.output.theory,
        snakemake.params.reconstructed,
        fitted.signs(snakemake.input.fit) if snakemake.input.fit else None,
    )
