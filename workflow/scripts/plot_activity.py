"""Draw the connectome, and a stretch of activity at regions and sensors."""

from restmeg import connectome, figures, files

with files.reporting(snakemake.log[0]):
    out = snakemake.output
    anatomy = connectome.read(snakemake.input.connectome)
    figures.save(figures.connectome(*anatomy), out.connectome, out.connectome_svg)

    with (
        files.open_netcdf(snakemake.input.activity) as activity,
        files.open_netcdf(snakemake.input.sensors) as sensors,
    ):
        times = activity["time"][...]
        shown = slice(0, int((times < times[0] + figures.SHOWN_MS).sum()))
        figure = figures.traces(
            times[shown],
            activity["rate_E"][0, shown],
            anatomy.labels,
            sensors["field"][0, shown],
            sensors["sensor"][...],
        )
    figures.save(figure, out.traces, out.traces_svg)
