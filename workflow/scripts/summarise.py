"""Write the summary: the study on one page."""

from restmeg import fingerprint, job
from restmeg.summary import page

with job.reporting(snakemake.log[0]):
    figures = [path.split("/")[-1].removesuffix(".png") for path in snakemake.input.figures]
    fingerprint.check_content("workflow/report", snakemake.params.texts, *page.texts(figures))
    page.write(
        dict(snakemake.input.items()),
        snakemake.params.study,
        snakemake.params.settings,
        snakemake.output.summary,
    )
