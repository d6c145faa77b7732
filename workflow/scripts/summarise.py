"""Write the summary: the study on one page."""

from restmeg import fingerprint, job, summary

with job.reporting(snakemake.log[0]):
    figures = [path.split("/")[-1].removesuffix(".png") for path in snakemake.input.figures]
    fingerprint.check_content("workflow/report", snakemake.params.texts, *summary.texts(figures))
    summary.write(
        dict(snakemake.input.items()),
        snakemake.params.study,
        snakemake.params.settings,
        snakemake.output.summary,
    )
