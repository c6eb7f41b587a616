"""Tables of spellings: letters, words that say nothing, words that tell sides apart, and whole names that are one team.

They hold general knowledge of sport, not any venue's habits, which its own codec knows.
"""

LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ə": "e"}
    | dict.fromkeys("'’‘`´", "")
    | {"&": " and ", "+": " and "}
)

EMPTY = frozenset(
    "fc afc cf sc ac as ss ssc us cd ud sd ad rcd cfc fk bk if il ik sk nk hk kf gnk ks mks vfb vfl vfr tsg tsv "
    "sv ssv fsv bsc ca cr ec se rc osc aj sco ogc club clube klub team the of and de do da del della di la las "
    "los le les el al futbol futebol football calcio fussball soccer sporting_club athletic_club kv krc kaa rsc "
    "cp sl ff aif bif sfc".split()
)
"""Words that a name may have or not have, unless nothing else is left of it."""

ENDINGS = frozenset(
    "united city town rovers athletic albion wanderers county hotspur forest wednesday argyle alexandra orient villa "
    "palace rangers thistle academical stanley vale dons harriers wood borough green hove juniors mineiro paranaense "
    "calcio".split()
)
"""Words that a short form of a team's name leaves away."""

TELLING = frozenset(
    "state tech north south east west northern southern eastern western central upper lower am poly international "
    "christian baptist methodist valley island republic women ohio florida texas".split()
)
"""Words that make another team of a name: Washington is not Washington State."""

WORDS = {
    "utd": "united", "st": "saint", "ste": "saint", "sankt": "saint", "cty": "city", "ath": "athletic",
    "atl": "atletico", "intl": "international", "dyn": "dinamo", "dynamo": "dinamo", "dynamos": "dinamo",
    "munchen": "munich", "muenchen": "munich", "koln": "cologne", "koeln": "cologne", "praha": "prague",
    "moskva": "moscow", "milano": "milan", "roma": "rome", "torino": "turin", "genova": "genoa", "napoli": "naples",
    "lisboa": "lisbon", "sevilla": "seville", "wien": "vienna", "beograd": "belgrade", "bucuresti": "bucharest",
    "kobenhavn": "copenhagen", "kyiv": "kiev", "zuerich": "zurich", "geneve": "geneva", "warszawa": "warsaw",
    "lok": "lokomotiv", "spvgg": "", "univ": "university", "universidad": "university",
    "universitatea": "university", "mt": "mount", "ft": "fort", "gladbach": "mgladbach",
    "monchengladbach": "mgladbach", "moenchengladbach": "mgladbach", "nottm": "nottingham", "wolves": "wolverhampton",
    "spurs": "tottenham", "sheff": "sheffield", "boro": "middlesbrough", "soton": "southampton", "qpr": "qpr",
}  # fmt: skip
"""Words that are the same word."""

SIDES = {
    "women": "w women womens woman ladies girls fem feminin feminine feminina femenino femenina femminile frauen dames "
    "kvinner kvinnor naiset damen wfc",
    "reserves": "res reserve reserves ii iii b castilla amateure jong",
    "youth": "youth primavera juvenil academy juniores",
    "virtual": "srl cyber esports esoccer ebasketball virtual simulated",
}  # fmt: skip
"""Which side of a club plays. A lone letter or numeral counts at the end of a name only."""

SIDE_OF = {word: side for side, words in SIDES.items() for word in words.split()}
ONLY_LAST = frozenset("w b ii iii".split())
PLAYED_BY = {
    "wsl": "women", "nwsl": "women", "wta": "women", "wnba": "women", "ladies": "women", "junior": "youth",
    "juniors": "youth", "boys": "youth", "doubles": "doubles", "mixed": "mixed",
}  # fmt: skip
"""What words of a competition, but not of a club, say of who plays: Boca Juniors are grown up."""

WOMENS_LETTERS = frozenset("w f".split())
"""What competitions of women are marked by, in brackets or at the end: `Serie A (W)`, `Liga F`."""

_LANDS = (
    "england english eng|scotland scottish sco|wales welsh|ireland irish|spain spanish esp|italy italian "
    "ita|germany german ger deutsche|france french fra|netherlands dutch holland|portugal portuguese por|belgium "
    "belgian|switzerland swiss|austria austrian|turkey turkish turkiye|greece greek|denmark danish|sweden "
    "swedish|norway norwegian|finland finnish|poland polish|czech czechia|russia russian|ukraine "
    "ukrainian|romania romanian|croatia croatian|serbia serbian|hungary hungarian|bulgaria bulgarian|israel "
    "israeli|cyprus cypriot|iceland icelandic|usa american america us|mexico mexican|brazil brazilian brasil "
    "brasileiro|argentina argentine argentinian|chile chilean|uruguay uruguayan|paraguay paraguayan|colombia "
    "colombian|peru peruvian|ecuador ecuadorian|bolivia bolivian|venezuela venezuelan|japan japanese|china "
    "chinese|korea korean|australia australian|india indian|saudi saudis|egypt egyptian|morocco moroccan|nigeria "
    "nigerian|qatar qatari"
)
LANDS = {word: group.split()[0] for group in _LANDS.split("|") for word in group.split()}

NATIONS = (
    "afghanistan|albania|algeria|andorra|angola|antigua and barbuda,antigua|argentina|armenia|aruba|australia|austria|"
    "azerbaijan|bahamas|bahrain|bangladesh|barbados|belarus|belgium|belize|benin|bermuda|bhutan|bolivia|"
    "bosnia and herzegovina,bosnia,bosnia herzegovina|botswana|brazil,brasil|brunei|bulgaria|burkina faso|burundi|"
    "cambodia|cameroon|canada|cape verde,cape verde islands,cabo verde|central african republic|chad|chile|"
    "china,china pr|chinese taipei,taiwan|colombia|comoros|congo,congo republic|dr congo,congo dr|costa rica|"
    "croatia|cuba|curacao|cyprus|czech republic,czechia|denmark|djibouti|dominica|dominican republic|ecuador|egypt|"
    "el salvador|england|equatorial guinea|eritrea|estonia|eswatini,swaziland|ethiopia|faroe islands|fiji|finland|"
    "france|gabon|gambia|georgia|germany|ghana|gibraltar|greece|grenada|guam|guatemala|guinea|guinea bissau|guyana|"
    "haiti|honduras|hong kong|hungary|iceland|india|indonesia|iran,ir iran|iraq|ireland,republic of ireland,rep of "
    "ireland,eire|israel|italy|ivory coast,cote divoire|jamaica|japan|jordan|kazakhstan|kenya|kosovo|kuwait|"
    "kyrgyzstan|laos|latvia|lebanon|lesotho|liberia|libya|liechtenstein|lithuania|luxembourg|macau|madagascar|malawi|"
    "malaysia|maldives|mali|malta|mauritania|mauritius|mexico|moldova|mongolia|montenegro|morocco|mozambique|myanmar|"
    "namibia|nepal|netherlands,holland|new zealand|nicaragua|niger|nigeria|north korea,korea dpr|"
    "north macedonia,macedonia|northern ireland|norway|oman|pakistan|palestine|panama|papua new guinea|paraguay|peru|"
    "philippines|poland|portugal|puerto rico|qatar|romania|russia|rwanda|samoa|san marino|saudi arabia|scotland|"
    "senegal|serbia|sierra leone|singapore|slovakia|slovenia|solomon islands|somalia|south africa|"
    "south korea,korea republic,korea|south sudan|spain|sri lanka|sudan|suriname|sweden|switzerland|syria|tahiti|"
    "tajikistan|tanzania|thailand|togo|tonga|trinidad and tobago,trinidad|tunisia|turkey,turkiye|turkmenistan|uganda|"
    "ukraine|united arab emirates,uae|uruguay|united states,usa,us,united states of america|uzbekistan|vanuatu|"
    "venezuela|vietnam|wales|yemen|zambia|zimbabwe"
)
"""National sides: one is never a short form of another. Between bars one nation, between commas its names."""

CLUBS = (
    "manchester united,man utd,man united,manchester utd|manchester city,man city|newcastle united,newcastle utd|"
    "tottenham hotspur,tottenham,spurs|wolverhampton wanderers,wolverhampton,wolves|west ham united,west ham|"
    "brighton and hove albion,brighton|nottingham forest,nottm forest,nottingham|leicester city,leicester|"
    "west bromwich albion,west brom|queens park rangers,qpr|sheffield united,sheff utd,sheffield utd|"
    "sheffield wednesday,sheff wed,sheffield wed|afc bournemouth,bournemouth|aston villa,villa|crystal palace,palace|"
    "leeds united,leeds|arsenal,arsenal fc|liverpool,liverpool fc|everton,everton fc|chelsea,chelsea fc|"
    "internazionale,inter milan,inter,fc internazionale milano,internazionale milano|ac milan,milan|"
    "juventus,juve,juventus turin|as roma,roma|ss lazio,lazio|ssc napoli,napoli|hellas verona,verona|"
    "paris saint germain,psg,paris st g,paris sg,paris st germain|paris fc|olympique lyonnais,lyon,olympique lyon|"
    "olympique marseille,olympique de marseille,marseille|stade rennais,rennes,stade rennes|as monaco,monaco|"
    "losc lille,lille|saint etienne,st etienne,as saint etienne|ogc nice,nice|stade brestois,brest,stade brestois 29|"
    "fc bayern munich,bayern munich,bayern munchen,fc bayern munchen,bayern|borussia dortmund,dortmund|"
    "borussia monchengladbach,borussia mgladbach,mgladbach,monchengladbach,gladbach|"
    "bayer leverkusen,bayer 04 leverkusen,leverkusen|eintracht frankfurt,frankfurt,e frankfurt|"
    "rb leipzig,rasenballsport leipzig,leipzig|fc koln,1 fc koln,1 fc koeln,fc koeln,fc cologne,cologne,koln|"
    "mainz,mainz 05,fsv mainz 05,1 fsv mainz 05|hertha berlin,hertha bsc,hertha|union berlin,1 fc union berlin|"
    "tsg hoffenheim,hoffenheim,1899 hoffenheim|vfb stuttgart,stuttgart|vfl wolfsburg,wolfsburg|"
    "real madrid,real madrid cf|atletico madrid,atletico de madrid,atl madrid,atletico|"
    "barcelona,fc barcelona,barca|athletic bilbao,athletic club,ath bilbao,athletic club bilbao|"
    "real sociedad,sociedad|real betis,betis,real betis balompie|deportivo alaves,alaves|celta vigo,rc celta,celta,"
    "celta de vigo,rc celta de vigo|rayo vallecano,vallecano|ca osasuna,osasuna|rcd mallorca,mallorca,real mallorca|"
    "rcd espanyol,espanyol|sporting lisbon,sporting cp,sporting clube de portugal|sporting braga,sc braga,braga|"
    "fc porto,porto|sl benfica,benfica|psv eindhoven,psv|ajax,ajax amsterdam,afc ajax|feyenoord,feyenoord rotterdam|"
    "az alkmaar,az|club brugge,club bruges,brugge|rsc anderlecht,anderlecht|celtic,celtic fc,celtic glasgow|"
    "rangers,rangers fc,glasgow rangers|hearts,heart of midlothian|hibernian,hibs|red bull salzburg,rb salzburg,"
    "salzburg,fc salzburg|red star belgrade,crvena zvezda,fk crvena zvezda|"
    "preston north end,preston|atletico mineiro,atletico mg|athletico paranaense,atletico pr,athletico pr,"
    "atletico paranaense"
)
"""Clubs whose short names are not made by leaving words away, or are traps. Bars and commas as above."""

LEAGUE_TEAMS = {
    "mlb": "Arizona Diamondbacks;Athletics,A's,Oakland Athletics;Atlanta Braves;Baltimore Orioles;Boston Red Sox;"
    "Chicago Cubs,Chicago C;Chicago White Sox,Chicago WS;Cincinnati Reds;Cleveland Guardians;Colorado Rockies;"
    "Detroit Tigers;Houston Astros;Kansas City Royals;Los Angeles Angels,Los Angeles A,LA Angels;"
    "Los Angeles Dodgers,Los Angeles D,LA Dodgers;Miami Marlins;Milwaukee Brewers;Minnesota Twins;"
    "New York Mets,New York M,NY Mets;New York Yankees,New York Y,NY Yankees;Philadelphia Phillies;Pittsburgh Pirates;"
    "San Diego Padres;San Francisco Giants;Seattle Mariners;St Louis Cardinals;Tampa Bay Rays;Texas Rangers;"
    "Toronto Blue Jays;Washington Nationals",
    "nba": "Atlanta Hawks;Boston Celtics;Brooklyn Nets;Charlotte Hornets;Chicago Bulls;Cleveland Cavaliers;"
    "Dallas Mavericks;Denver Nuggets;Detroit Pistons;Golden State Warriors;Houston Rockets;Indiana Pacers;"
    "Los Angeles Clippers,Los Angeles C,LA Clippers;Los Angeles Lakers,Los Angeles L,LA Lakers;Memphis Grizzlies;"
    "Miami Heat;Milwaukee Bucks;Minnesota Timberwolves;New Orleans Pelicans;New York Knicks;Oklahoma City Thunder;"
    "Orlando Magic;Philadelphia 76ers;Phoenix Suns;Portland Trail Blazers;Sacramento Kings;San Antonio Spurs;"
    "Toronto Raptors;Utah Jazz;Washington Wizards",
    "nfl": "Arizona Cardinals;Atlanta Falcons;Baltimore Ravens;Buffalo Bills;Carolina Panthers;"
    "Chicago Bears;Cincinnati Bengals;Cleveland Browns;Dallas Cowboys;Denver Broncos;Detroit Lions;Green Bay Packers;"
    "Houston Texans;Indianapolis Colts;Jacksonville Jaguars;Kansas City Chiefs;Las Vegas Raiders;"
    "Los Angeles Chargers,Los Angeles C,LA Chargers;Los Angeles Rams,Los Angeles R,LA Rams;Miami Dolphins;"
    "Minnesota Vikings;New England Patriots;New Orleans Saints;New York Giants,New York G,NY Giants;"
    "New York Jets,New York J,NY Jets;Philadelphia Eagles;Pittsburgh Steelers;San Francisco 49ers;Seattle Seahawks;"
    "Tampa Bay Buccaneers;Tennessee Titans;Washington Commanders",
    "usa mls": "Atlanta United;Austin FC;CF Montreal,Montreal;Charlotte FC;Chicago Fire;Colorado Rapids;Columbus Crew;"
    "DC United,D.C. United,Washington;FC Cincinnati;FC Dallas;Houston Dynamo;Inter Miami,Inter Miami CF,Miami;"
    "LA Galaxy,Los Angeles Galaxy,Los Angeles G;Los Angeles FC,LAFC,Los Angeles F;Minnesota United;Nashville SC;"
    "New England Revolution;New York City FC,New York City,NYCFC;New York Red Bulls,NY Red Bulls,New York R;"
    "Orlando City;Philadelphia Union;Portland Timbers;Real Salt Lake;San Diego FC;San Jose Earthquakes;"
    "Seattle Sounders,Seattle Sounders FC;Sporting Kansas City,Sporting KC,Kansas City;St Louis City;Toronto FC;"
    "Vancouver Whitecaps",
    "nhl": "Anaheim Ducks;Boston Bruins;Buffalo Sabres;Calgary Flames;Carolina Hurricanes;Chicago Blackhawks;"
    "Colorado Avalanche;Columbus Blue Jackets;Dallas Stars;Detroit Red Wings;Edmonton Oilers;Florida Panthers;"
    "Los Angeles Kings,LA Kings;Minnesota Wild;Montreal Canadiens;Nashville Predators;New Jersey Devils;"
    "New York Islanders,New York I,NY Islanders;New York Rangers,New York R,NY Rangers;Ottawa Senators;"
    "Philadelphia Flyers;Pittsburgh Penguins;San Jose Sharks;Seattle Kraken;St Louis Blues;Tampa Bay Lightning;"
    "Toronto Maple Leafs;Utah Mammoth;Vancouver Canucks;Vegas Golden Knights;Washington Capitals;Winnipeg Jets",
}
"""Teams of leagues in which a place that has one team is also its name; a college may bear the same place."""

US_COMPETITIONS = {"baseball": "mlb", "basketball": "nba", "american_football": "nfl", "ice_hockey": "nhl"}
"""What these sports' one league is called in the tables of competitions."""
