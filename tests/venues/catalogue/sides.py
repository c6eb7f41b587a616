"""Sides, people and competitions with the names that each venue gives them, for made listings.

A row is `full name | first venue | second | third`; where a venue's column is empty the name follows from its habits.
The names are what can be read on venues; nothing here knows how they are compared.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class League:
    """A competition: its sport, what each of three venues calls it, its country as told beside it, and who plays."""

    sport: str
    names: tuple[str, ...]
    country: str
    rows: tuple[tuple[str, ...], ...]
    extra: str = ""


def _league(sport: str, names: str, country: str, text: str, extra: str = "") -> League:
    first, second, third = (part.strip() for part in names.split("|"))
    rows = []
    for line in text.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        rows.append([*cells, "", "", ""][:4])
    return League(sport, (first, second, third), country, tuple(tuple(row) for row in rows), extra)


def _plain(text: str) -> str:
    return "\n".join(part.strip() for part in text.replace("\n", " ").split(","))


ENGLAND = """
Arsenal FC | Arsenal | Arsenal | Arsenal
Aston Villa | Aston Villa | Aston Villa | Aston Villa
AFC Bournemouth | Bournemouth | Bournemouth | AFC Bournemouth
Brentford FC | Brentford | Brentford | Brentford
Brighton & Hove Albion | Brighton | Brighton | Brighton & Hove Albion
Burnley FC | Burnley | Burnley | Burnley
Chelsea FC | Chelsea | Chelsea | Chelsea
Crystal Palace | C Palace | Crystal Palace | Crystal Palace
Everton FC | Everton | Everton | Everton
Fulham FC | Fulham | Fulham | Fulham
Leeds United | Leeds | Leeds United | Leeds United
Liverpool FC | Liverpool | Liverpool | Liverpool
Manchester City | Man City | Manchester City | Manchester City
Manchester United | Man Utd | Manchester United | Manchester Utd
Newcastle United | Newcastle | Newcastle | Newcastle United
Nottingham Forest | Nottm Forest | Nottingham | Nottingham Forest
Sunderland AFC | Sunderland | Sunderland | Sunderland
Tottenham Hotspur | Tottenham | Tottenham | Tottenham Hotspur
West Ham United | West Ham | West Ham | West Ham United
Wolverhampton Wanderers | Wolves | Wolverhampton | Wolverhampton
"""
CHAMPIONSHIP = """
Birmingham City | Birmingham | Birmingham City | Birmingham City
Blackburn Rovers | Blackburn | Blackburn | Blackburn Rovers
Bristol City | Bristol City | Bristol City | Bristol City
Charlton Athletic | Charlton | Charlton Athletic | Charlton Athletic
Coventry City | Coventry | Coventry City | Coventry City
Derby County | Derby | Derby County | Derby County
Hull City | Hull | Hull City | Hull City
Ipswich Town | Ipswich | Ipswich Town | Ipswich Town
Leicester City | Leicester | Leicester City | Leicester City
Middlesbrough FC | Middlesbrough | Middlesbrough | Middlesbrough
Millwall FC | Millwall | Millwall | Millwall
Norwich City | Norwich | Norwich City | Norwich City
Oxford United | Oxford Utd | Oxford United | Oxford United
Portsmouth FC | Portsmouth | Portsmouth | Portsmouth
Preston North End | Preston | Preston North End | Preston North End
Queens Park Rangers | QPR | QPR | Queens Park Rangers
Sheffield United | Sheff Utd | Sheffield United | Sheffield United
Sheffield Wednesday | Sheff Wed | Sheffield Wednesday | Sheffield Wednesday
Southampton FC | Southampton | Southampton | Southampton
Stoke City | Stoke | Stoke City | Stoke City
Swansea City | Swansea | Swansea City | Swansea City
Watford FC | Watford | Watford | Watford
West Bromwich Albion | West Brom | West Bromwich | West Bromwich Albion
Wrexham AFC | Wrexham | Wrexham | Wrexham
"""
LEAGUE_ONE = """
AFC Wimbledon | AFC Wimbledon | Wimbledon | AFC Wimbledon
Barnsley FC
Blackpool FC
Bolton Wanderers | Bolton
Bradford City | Bradford
Burton Albion | Burton Albion
Cardiff City | Cardiff
Doncaster Rovers | Doncaster
Exeter City | Exeter
Huddersfield Town | Huddersfield
Leyton Orient
Lincoln City | Lincoln
Luton Town | Luton
Mansfield Town | Mansfield
Northampton Town | Northampton
Peterborough United | Peterborough | Peterborough | Peterborough United
Plymouth Argyle | Plymouth
Port Vale
Reading FC
Rotherham United | Rotherham
Stevenage FC
Stockport County | Stockport
Wigan Athletic | Wigan
Wycombe Wanderers | Wycombe
"""
SPAIN = """
Athletic Club | Athletic Bilbao | Athletic Bilbao | Athletic Club
Atlético de Madrid | Atletico Madrid | Atlético Madrid | Atletico Madrid
FC Barcelona | Barcelona | Barcelona | Barcelona
Real Betis | Betis | Real Betis | Real Betis
RC Celta de Vigo | Celta Vigo | Celta Vigo | Celta de Vigo
Deportivo Alavés | Alaves | Alavés | Deportivo Alaves
Elche CF | Elche | Elche | Elche CF
RCD Espanyol | Espanyol | Espanyol | Espanyol
Getafe CF | Getafe | Getafe | Getafe
Girona FC | Girona | Girona | Girona
Levante UD | Levante | Levante | Levante
RCD Mallorca | Mallorca | Mallorca | Real Mallorca
CA Osasuna | Osasuna | Osasuna | Osasuna
Rayo Vallecano | Rayo Vallecano | Rayo Vallecano | Rayo Vallecano
Real Madrid CF | Real Madrid | Real Madrid | Real Madrid
Real Oviedo | Oviedo | Oviedo | Real Oviedo
Real Sociedad | Real Sociedad | Real Sociedad | Real Sociedad
Sevilla FC | Sevilla | Sevilla | Sevilla
Valencia CF | Valencia | Valencia | Valencia
Villarreal CF | Villarreal | Villarreal | Villarreal
"""
ITALY = """
AC Milan | AC Milan | AC Milan | AC Milan
FC Internazionale | Inter | Inter | Inter Milan
Juventus FC | Juventus | Juventus | Juventus
SSC Napoli | Napoli | Napoli | Napoli
AS Roma | Roma | Roma | AS Roma
SS Lazio | Lazio | Lazio | Lazio
Atalanta BC | Atalanta | Atalanta | Atalanta
Bologna FC | Bologna | Bologna | Bologna
ACF Fiorentina | Fiorentina | Fiorentina | Fiorentina
Torino FC | Torino | Torino | Torino
Genoa CFC | Genoa | Genoa | Genoa
Hellas Verona | Verona | Verona | Hellas Verona
Udinese Calcio | Udinese | Udinese | Udinese
US Sassuolo | Sassuolo | Sassuolo | Sassuolo
US Lecce | Lecce | Lecce | Lecce
Parma Calcio | Parma | Parma | Parma
Cagliari Calcio | Cagliari | Cagliari | Cagliari
Como 1907 | Como | Como | Como
Pisa SC | Pisa | Pisa | Pisa
US Cremonese | Cremonese | Cremonese | Cremonese
"""
GERMANY = """
FC Bayern München | Bayern Munich | Bayern Munich | Bayern Munich
Borussia Dortmund | Dortmund | Dortmund | Borussia Dortmund
Borussia Mönchengladbach | Mgladbach | Monchengladbach | Borussia M'gladbach
Bayer 04 Leverkusen | Leverkusen | Leverkusen | Bayer 04 Leverkusen
Eintracht Frankfurt | Eintracht Frankfurt | Frankfurt | Eintracht Frankfurt
RB Leipzig | RB Leipzig | RB Leipzig | RB Leipzig
1. FC Köln | FC Koln | Köln | FC Cologne
1. FSV Mainz 05 | Mainz | Mainz | FSV Mainz 05
1. FC Union Berlin | Union Berlin | Union Berlin | Union Berlin
TSG Hoffenheim | Hoffenheim | Hoffenheim | TSG Hoffenheim
VfB Stuttgart | Stuttgart | Stuttgart | VfB Stuttgart
VfL Wolfsburg | Wolfsburg | Wolfsburg | Wolfsburg
SV Werder Bremen | Werder Bremen | Bremen | Werder Bremen
SC Freiburg | Freiburg | Freiburg | SC Freiburg
FC Augsburg | Augsburg | Augsburg | Augsburg
1. FC Heidenheim | FC Heidenheim | Heidenheim | FC Heidenheim
Hamburger SV | Hamburger SV | Hamburg | Hamburg
FC St. Pauli | St Pauli | St. Pauli | FC St. Pauli
"""
FRANCE = """
Paris Saint-Germain | Paris St-G | PSG | Paris Saint-Germain
Paris FC | Paris FC | Paris FC | Paris FC
Olympique Lyonnais | Lyon | Lyon | Lyon
Olympique de Marseille | Marseille | Marseille | Marseille
AS Monaco | Monaco | Monaco | AS Monaco
LOSC Lille | Lille | Lille | Lille
OGC Nice | Nice | Nice | OGC Nice
Stade Rennais | Rennes | Rennes | Stade Rennes
RC Lens | Lens | Lens | Lens
RC Strasbourg | Strasbourg | Strasbourg | Strasbourg
Toulouse FC | Toulouse | Toulouse | Toulouse
FC Nantes | Nantes | Nantes | Nantes
AJ Auxerre | Auxerre | Auxerre | AJ Auxerre
Angers SCO | Angers | Angers | Angers
Stade Brestois 29 | Brest | Brest | Stade Brest
Le Havre AC | Le Havre | Le Havre | Le Havre
FC Lorient | Lorient | Lorient | Lorient
FC Metz | Metz | Metz | Metz
"""
URUGUAY = """
Liverpool Montevideo | Liverpool Montevideo | Liverpool M | Liverpool (Uru)
River Plate Montevideo | CA River Plate (Uru) | River Plate M | River Plate (Uru)
Nacional | Nacional (Uru) | Nacional | Nacional Montevideo
Peñarol | Penarol | Peñarol | CA Penarol
Racing Club Montevideo | Racing Club (Uru) | Racing M | Racing Montevideo
Central Español | Central Espanol | Central Espanol | Central Espanol
Danubio | Danubio | Danubio | Danubio FC
Cerro Largo | Cerro Largo FC | Cerro Largo | Cerro Largo
Progreso | CA Progreso | Progreso | Progreso
Wanderers Montevideo | Montevideo Wanderers | Wanderers M | Montevideo Wanderers
"""
ARGENTINA = """
River Plate | River Plate | River Plate | River Plate
Boca Juniors | Boca Juniors | Boca Juniors | Boca Juniors
Racing Club | Racing Club | Racing Club | Racing Club
Independiente | Independiente | Independiente | CA Independiente
Estudiantes de La Plata | Estudiantes | Estudiantes | Estudiantes LP
Estudiantes de Río Cuarto | Estudiantes Rio Cuarto | Estudiantes RC | Estudiantes Rio Cuarto
Argentinos Juniors | Argentinos Juniors | Argentinos | Argentinos Juniors
Vélez Sarsfield | Velez Sarsfield | Vélez Sarsfield | Velez Sarsfield
San Lorenzo | San Lorenzo | San Lorenzo | San Lorenzo
Talleres de Córdoba | Talleres | Talleres Córdoba | Talleres de Cordoba
Rosario Central | Rosario Central | Rosario Central | Rosario Central
Newell's Old Boys | Newells | Newell's Old Boys | Newells Old Boys
"""
CHILE = """
Everton de Viña del Mar | Everton De Vina | Everton | Everton (Chi)
Universidad Católica | Univ Catolica (Chile) | Universidad Católica | Universidad Catolica
Universidad de Chile | Universidad de Chile | Universidad de Chile | Univ de Chile
Colo-Colo | Colo Colo | Colo-Colo | Colo Colo
Palestino | CD Palestino | Palestino | Palestino
Cobresal | Cobresal | Cobresal | CD Cobresal
Huachipato | Huachipato | Huachipato | CD Huachipato
Unión La Calera | Union La Calera | Unión La Calera | Union La Calera
"""
ECUADOR = """
Barcelona SC | Barcelona (Ecu) | Barcelona SC | Barcelona Guayaquil
Universidad Católica | Univ Catolica (Ecu) | Universidad Católica | Universidad Catolica Quito
Emelec | Emelec | Emelec | CS Emelec
LDU Quito | LDU | LDU Quito | LDU Quito
Independiente del Valle | Independiente (Ecu) | Independiente del Valle | Independiente del Valle
Libertad | Libertad FC (Ecu) | Libertad | Libertad Loja
El Nacional | El Nacional | El Nacional | El Nacional
Aucas | Aucas | Aucas | SD Aucas
"""
BRAZIL = """
Atlético Mineiro | Atletico MG | Atlético Mineiro | Atletico Mineiro
Athletico Paranaense | Atletico PR | Athletico Paranaense | Athletico Paranaense
Flamengo | Flamengo | Flamengo | CR Flamengo
Fluminense | Fluminense | Fluminense | Fluminense FC
Botafogo | Botafogo FR | Botafogo | Botafogo RJ
Santos FC | Santos | Santos | Santos
São Paulo | Sao Paulo | São Paulo | Sao Paulo
Palmeiras | Palmeiras | Palmeiras | SE Palmeiras
Corinthians | Corinthians | Corinthians | Corinthians
Grêmio | Gremio | Grêmio | Gremio
Internacional | Internacional | Internacional | SC Internacional
Cruzeiro | Cruzeiro MG | Cruzeiro | Cruzeiro
Vitória | Vitoria Salvador | Vitória | EC Vitoria
Bahia | Bahia | Bahia | EC Bahia
"""
SAUDI = """
Al-Hilal | Al-Hilal | Al Hilal | Al-Hilal
Al-Nassr | Al-Nassr (KSA) | Al Nassr | Al-Nassr
Al-Ahli | Al-Ahli (KSA) | Al Ahli | Al-Ahli Saudi
Al-Ittihad | Al-Ittihad | Al Ittihad | Al-Ittihad Jeddah
Al-Ettifaq | Al-Ettifaq | Al Ettifaq | Al-Ettifaq
Al-Fateh | Al-Fateh (KSA) | Al Fateh | Al-Fateh
Al-Taawoun | Al-Taawoun Buraidah | Al Taawoun | Al-Taawon
Al-Shabab | Al-Shabab (KSA) | Al Shabab | Al-Shabab
"""
QATAR = """
Al-Ahli Doha | Al-Ahli (QAT) | Al Ahli | Al-Ahli Doha
Al-Sadd | Al-Sadd | Al Sadd | Al-Sadd
Al-Duhail | Al-Duhail | Al Duhail | Al-Duhail
Al-Rayyan | Al-Rayyan | Al Rayyan | Al-Rayyan
Al-Shamal | Al-Shamal | Al Shamal | Al-Shamal
Al-Gharafa | Al-Gharafa | Al Gharafa | Al-Gharafa
"""
DENMARK = """
FC København | FC Copenhagen | Copenhagen | FC Copenhagen
Brøndby IF | Brondby | Brøndby | Brondby IF
FC Midtjylland | FC Midtjylland | Midtjylland | Midtjylland
AGF Aarhus | AGF | AGF Aarhus | AGF Aarhus
FC Nordsjælland | FC Nordsjaelland | Nordsjælland | Nordsjaelland
Randers FC | Randers FC | Randers | Randers
Silkeborg IF | Silkeborg | Silkeborg | Silkeborg IF
Viborg FF | Viborg | Viborg | Viborg FF
"""
POLAND = """
Legia Warszawa | Legia Warsaw | Legia Warsaw | Legia Warszawa
Lech Poznań | Lech Poznan | Lech Poznań | Lech Poznan
Raków Częstochowa | Rakow Czestochowa | Raków Częstochowa | Rakow Czestochowa
Górnik Zabrze | Gornik Zabrze | Górnik Zabrze | Gornik Zabrze
Jagiellonia Białystok | Jagiellonia Bialystock | Jagiellonia Białystok | Jagiellonia Bialystok
Widzew Łódź | Widzew Lodz | Widzew Łódź | Widzew Lodz
Śląsk Wrocław | Slask Wroclaw | Śląsk Wrocław | Slask Wroclaw
Pogoń Szczecin | Pogon Szczecin | Pogoń Szczecin | Pogon Szczecin
"""
MLS = """
Inter Miami CF | Inter Miami CF | Miami | Inter Miami
LA Galaxy | LA Galaxy | Los Angeles G | LA Galaxy
Los Angeles FC | Los Angeles FC | Los Angeles F | LAFC
New York City FC | New York City | New York City | New York City FC
New York Red Bulls | New York Red Bulls | New York R | New York Red Bulls
Atlanta United | Atlanta Utd | Atlanta | Atlanta United
Seattle Sounders | Seattle Sounders | Seattle | Seattle Sounders FC
Portland Timbers | Portland Timbers | Portland | Portland Timbers
Sporting Kansas City | Sporting Kansas City | Kansas City | Sporting KC
Columbus Crew | Columbus | Columbus | Columbus Crew SC
D.C. United | DC Utd | D.C. United | DC United
Chicago Fire | Chicago Fire | Chicago | Chicago Fire FC
"""
NATIONS = """
Austria
Australia
Slovakia
Slovenia
Niger
Nigeria
Guinea
Guinea-Bissau
Equatorial Guinea
Republic of Ireland | Rep of Ireland | Ireland | Republic of Ireland
Northern Ireland | Northern Ireland | Northern Ireland | N. Ireland
Côte d'Ivoire | Ivory Coast | Côte d'Ivoire | Ivory Coast
South Korea | South Korea | Korea Republic | South Korea
North Korea | North Korea | Korea DPR | North Korea
USA | USA | United States | USA
Türkiye | Turkey | Türkiye | Turkey
Czechia | Czech Republic | Czechia | Czech Republic
Congo | Congo | Congo | Congo
DR Congo | DR Congo | Congo DR | DR Congo
Netherlands | Netherlands | Netherlands | Holland
"""
BASEBALL = """
Arizona Diamondbacks | | Arizona
Atlanta Braves | | Atlanta
Baltimore Orioles | | Baltimore
Boston Red Sox | | Boston
Chicago Cubs | | Chicago C
Chicago White Sox | | Chicago WS
Cleveland Guardians | | Cleveland
Houston Astros | | Houston
Kansas City Royals | | Kansas City
Los Angeles Angels | LA Angels | Los Angeles A
Los Angeles Dodgers | LA Dodgers | Los Angeles D
Miami Marlins | | Miami
New York Mets | | New York M
New York Yankees | | New York Y
Philadelphia Phillies | | Philadelphia
San Diego Padres | | San Diego
Seattle Mariners | | Seattle
St. Louis Cardinals | St Louis Cardinals | St. Louis | St Louis Cardinals
Texas Rangers | | Texas
Athletics | Athletics | A's | Athletics
"""
BASKETBALL = """
Atlanta Hawks | | Atlanta
Boston Celtics | | Boston
Brooklyn Nets | | Brooklyn
Chicago Bulls | | Chicago
Dallas Mavericks | | Dallas
Denver Nuggets | | Denver
Golden State Warriors | | Golden State
Houston Rockets | | Houston
Los Angeles Clippers | LA Clippers | Los Angeles C
Los Angeles Lakers | LA Lakers | Los Angeles L
Miami Heat | | Miami
New York Knicks | | New York
Oklahoma City Thunder | | Oklahoma City
Philadelphia 76ers | | Philadelphia
San Antonio Spurs | | San Antonio
Washington Wizards | | Washington
"""
HOCKEY = """
Boston Bruins | | Boston
Buffalo Sabres | | Buffalo
Colorado Avalanche | | Colorado
Dallas Stars | | Dallas
Los Angeles Kings | LA Kings | Los Angeles
Montréal Canadiens | Montreal Canadiens | Montréal | Montreal Canadiens
New Jersey Devils | | New Jersey
New York Islanders | NY Islanders | New York I
New York Rangers | NY Rangers | New York R
St. Louis Blues | St Louis Blues | St. Louis | St Louis Blues
Toronto Maple Leafs | | Toronto
Washington Capitals | | Washington
Vegas Golden Knights | | Vegas
Winnipeg Jets | | Winnipeg
"""
COLLEGE = """
Washington Huskies | Washington | Washington | Washington Huskies
Washington State Cougars | Washington St | Washington St. | Washington State Cougars
Miami Hurricanes | Miami Florida | Miami (FL) | Miami Florida Hurricanes
Miami RedHawks | Miami (OH) | Miami (OH) | Miami Ohio RedHawks
Michigan Wolverines | Michigan | Michigan | Michigan Wolverines
Michigan State Spartans | Michigan St | Michigan St. | Michigan State Spartans
Ohio State Buckeyes | Ohio St | Ohio St. | Ohio State Buckeyes
Ohio Bobcats | Ohio | Ohio | Ohio Bobcats
Oregon Ducks | Oregon | Oregon | Oregon Ducks
Oregon State Beavers | Oregon St | Oregon St. | Oregon State Beavers
North Carolina Tar Heels | North Carolina | North Carolina | North Carolina Tar Heels
North Carolina State Wolfpack | NC State | NC State | North Carolina State Wolfpack
Texas Longhorns | Texas | Texas | Texas Longhorns
Texas A&M Aggies | Texas A&M | Texas A&M | Texas A&M Aggies
Texas Tech Red Raiders | Texas Tech | Texas Tech | Texas Tech Red Raiders
Southern California Trojans | USC | USC | USC Trojans
"""
MEN = """
Tommy Paul,Casper Ruud,Novak Djokovic,Carlos Alcaraz,Jannik Sinner,Alexander Zverev,Mischa Zverev,Daniil Medvedev,
Felix Auger-Aliassime,Alex de Minaur,Jan-Lennard Struff,Francisco Cerúndolo,Juan Manuel Cerúndolo,
Botic van de Zandschulp,Pablo Carreño Busta,Grigor Dimitrov,Stefanos Tsitsipas,Petros Tsitsipas,Hubert Hurkacz,
Taylor Fritz,Frances Tiafoe,Ben Shelton,Holger Rune,Lorenzo Musetti,Matteo Berrettini,Jacopo Berrettini,
Sebastián Báez,Tomás Martín Etcheverry,Thiago Agustín Tirante,Gaël Monfils,Ugo Humbert,Arthur Fils,Zizou Bergs,
Jiří Lehečka,Tomáš Macháč,Zhang Zhizhen,Wu Yibing,Shang Juncheng,Thiago Cigarran,Juan Estévez
"""
WOMEN = """
Serena Williams,Venus Williams,Iga Świątek,Aryna Sabalenka,Coco Gauff,Elena Rybakina,Jessica Pegula,Emma Navarro,
Karolína Muchová,Karolína Plíšková,Kristýna Plíšková,Barbora Krejčíková,Linda Nosková,Victoria Jiménez Kasintseva,
Varvara Lepchenko,Mirra Andreeva,Erika Andreeva,Paula Badosa,Danielle Collins,Madison Keys,Zheng Qinwen,Wang Xinyu,
Wang Xiyu,Naomi Osaka,Anastasia Pavlyuchenkova,Beatriz Haddad Maia,Leylah Fernandez,Bianca Andreescu
"""

LEAGUES = (
    _league("football", "English Premier League | Premier League | English Premier League", "GB", ENGLAND),
    _league("football", "English Championship | EFL Championship | English Championship", "GB", CHAMPIONSHIP),
    _league("football", "English League 1 | EFL League One | English League One", "GB", LEAGUE_ONE),
    _league("football", "Spanish La Liga | La Liga | Spain La Liga", "ES", SPAIN),
    _league("football", "Italian Serie A | Serie A | Italy Serie A", "IT", ITALY),
    _league("football", "German Bundesliga | Bundesliga | Germany Bundesliga", "DE", GERMANY),
    _league("football", "French Ligue 1 | Ligue 1 | France Ligue 1", "FR", FRANCE),
    _league(
        "football", "Uruguayan Primera Division | Uruguay Primera Division | Uruguay Primera Division", "UY", URUGUAY
    ),
    _league(
        "football",
        "Argentinian Primera Division | Argentina Primera Division | Argentina Primera Division",
        "AR",
        ARGENTINA,
    ),
    _league("football", "Chilean Primera | Chile Liga de Primera | Chile Primera Division", "CL", CHILE),
    _league("football", "Ecuadorian Serie A | Ecuador LigaPro | Ecuador Serie A", "EC", ECUADOR),
    _league("football", "Brazilian Serie A | Brasileiro Serie A | Brazil Serie A", "BR", BRAZIL),
    _league("football", "Saudi Professional League | Saudi Pro League | Saudi Arabia Pro League", "SA", SAUDI),
    _league("football", "Qatar Stars League | Qatar Stars League | Qatar Stars League", "QA", QATAR),
    _league("football", "Danish Superliga | Danish Superliga | Denmark Superliga", "DK", DENMARK),
    _league("football", "Polish Ekstraklasa | Ekstraklasa | Poland Ekstraklasa", "PL", POLAND),
    _league("football", "US Major League Soccer | MLS | USA Major League Soccer", "US", MLS),
    _league("football", "International Friendlies | International Friendlies | International Friendlies", "", NATIONS),
    _league("baseball", "MLB | MLB | MLB", "US", BASEBALL, "doubles"),
    _league("basketball", "NBA | NBA | NBA", "US", BASKETBALL),
    _league("ice_hockey", "NHL | NHL | NHL", "US", HOCKEY),
    _league("american_football", "NCAA Football | College Football | NCAA Football", "US", COLLEGE),
    _league("tennis", "ATP Challenger 2026 | ATP | ATP Tour", "", _plain(MEN), "people"),
    _league("tennis", "WTA 125K 2026 | WTA | WTA Tour", "", _plain(WOMEN), "people"),
)
"""What is played; tennis stands apart because its people have no clubs."""

WOMENS_LEAGUE = {
    "English Premier League": ("English FA WSL", "Women's Super League", "England Women's Super League"),
    "English Championship": ("English FA WSL 2", "WSL2", "England Women's Championship"),
    "Spanish La Liga": ("Spanish Primera Division (W)", "Liga F", "Spain Liga F"),
    "German Bundesliga": ("German Bundesliga (W)", "Frauen-Bundesliga", "Germany Bundesliga Women"),
    "French Ligue 1": ("French Division 1 (W)", "Première Ligue", "France Premiere Ligue"),
    "Italian Serie A": ("Italian Serie A (W)", "Serie A Femminile", "Italy Serie A Women"),
    "US Major League Soccer": ("US NWSL", "NWSL", "USA NWSL"),
    "Danish Superliga": ("Danish Kvindeliga", "Kvindeligaen", "Denmark Kvindeligaen"),
}
"""Women's leagues, some of which say by their own name only whose they are."""
